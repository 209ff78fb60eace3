-- The usual first questions, as table macros: SELECT * FROM prices_as_of('2024-06-28 22:00:00+00').
CREATE MACRO prices_as_of(moment) AS TABLE
    SELECT * FROM market.prices
    WHERE known_at <= CAST(moment AS TIMESTAMPTZ)
    QUALIFY row_number() OVER (PARTITION BY instrument, tenor, price_date ORDER BY known_at DESC) = 1;

CREATE MACRO forecast(symbol) AS TABLE
    SELECT * FROM forecasts.price_distribution
    WHERE champion AND instrument = upper(symbol)
      AND as_of_date = (SELECT max(as_of_date) FROM forecasts.price_distribution)
    ORDER BY horizon_days, quantile;

CREATE MACRO curve(symbol) AS TABLE
    SELECT price_date,
           max(price) FILTER (tenor = 'cash') AS cash,
           max(price) FILTER (tenor = '3m') AS three_month,
           cash - three_month AS backwardation
    FROM market.prices_latest WHERE instrument = upper(symbol)
    GROUP BY price_date ORDER BY price_date;

CREATE MACRO value_at_risk() AS TABLE
    SELECT as_of_date, portfolio, confidence, horizon_days, round(var_usd) AS var_usd, round(es_usd) AS es_usd, gate_status
    FROM risk.var
    WHERE published AND as_of_date = (SELECT max(as_of_date) FROM risk.var)
    ORDER BY portfolio, confidence, horizon_days;

CREATE MACRO counterparty_exposure() AS TABLE
    SELECT as_of_date, counterparty,
           sum(exposure_usd) AS owes_usd,
           sum(CASE leg WHEN 'sell' THEN balance_usd ELSE -balance_usd END) AS still_to_come_usd
    FROM deals.legs
    WHERE as_of_date = (SELECT max(as_of_date) FROM deals.legs)
    GROUP BY as_of_date, counterparty ORDER BY owes_usd DESC, counterparty;

CREATE MACRO deal_margins() AS TABLE
    SELECT deal_id, as_of_date, amount_usd AS net_margin_usd
    FROM deals.valuation SEMI JOIN deals.terms USING (deal_id, deal_hash, as_of_date)
    WHERE leg = 'deal' AND line = 'net_margin'
    ORDER BY as_of_date, deal_id;
