"""The training of a model version: its own single-step job, logged to MLflow through dagster-mlflow."""
