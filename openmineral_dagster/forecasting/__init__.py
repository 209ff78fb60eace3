"""Where prices can go: quantiles of log returns by model, their scores, and which model the desk reads."""
