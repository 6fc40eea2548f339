-- The grocer's year as events in the order of time. Parameters: $folder (of the package's Parquet files),
-- $zone (the grocer's clocks), $days (whole weeks to add to every date).
-- Times of transactions are UTC in the package; dates of campaigns and redemptions are the grocer's days.

WITH product AS (
  SELECT product_id,
         coalesce(
           upper(left(product_type, 1)) || lower(substr(product_type, 2)) || coalesce(', ' || lower(trim(package_size)), ''),
           'Product ' || product_id) AS name,
         coalesce(upper(left(product_category, 1)) || lower(substr(product_category, 2)), 'Other') AS category
  FROM read_parquet($folder || '/products.parquet')
),
line AS (
  SELECT basket_id, household_id, store_id, transaction_timestamp,
         timezone($zone, timezone('UTC', transaction_timestamp)) AS local,
         sales_value::DECIMAL(18, 4) AS amount,
         retail_disc::DECIMAL(18, 4) AS retail, coupon_disc::DECIMAL(18, 4) AS coupon,
         coupon_match_disc::DECIMAL(18, 4) AS match,
         {product_id: t.product_id::VARCHAR, name: p.name, category: p.category, quantity: quantity,
          price: round(sales_value / greatest(quantity, 1), 2)} AS product
  FROM read_parquet($folder || '/transactions.parquet') t
  LEFT JOIN product p USING (product_id)
),
basket AS (
  SELECT basket_id, household_id, min(local) AS local, sum(amount) AS revenue, sum(coupon) AS coupon,
         row_number() OVER (PARTITION BY household_id ORDER BY min(local), basket_id) AS basket_number,
         to_json({order_id: basket_id::VARCHAR, revenue: sum(amount)::DOUBLE, currency: 'USD',
                  basket_number: row_number() OVER (PARTITION BY household_id ORDER BY min(local), basket_id),
                  store: min(store_id)::VARCHAR,
                  discount: sum(retail)::DOUBLE, coupon_discount: sum(coupon)::DOUBLE,
                  coupon_match_discount: sum(match)::DOUBLE,
                  products: list(product ORDER BY product.product_id)}) AS properties
  FROM line GROUP BY basket_id, household_id
),
campaign AS (
  SELECT campaign_id, campaign_type, start_date, end_date FROM read_parquet($folder || '/campaign_descriptions.parquet')
),
sending AS (
  SELECT household_id, campaign_id, campaign_type, start_date AS local,
         to_json({campaign_id: campaign_id::VARCHAR, campaign: 'Campaign ' || campaign_id, kind: campaign_type,
                  medium: 'direct mail',
                  starts: strftime(start_date + to_days($days), '%Y-%m-%d'),
                  ends: strftime(end_date + to_days($days), '%Y-%m-%d')}) AS properties
  FROM read_parquet($folder || '/campaigns.parquet') JOIN campaign USING (campaign_id)
),
-- Redemptions carry only a day: they are placed at the till, with the household's first basket of that day that
-- has a coupon's discount, else its first basket of that day.
till AS (
  SELECT household_id, local::DATE AS day, coalesce(min(local) FILTER (coupon > 0), min(local)) AS local
  FROM basket GROUP BY household_id, local::DATE
),
redemption AS (
  SELECT r.household_id, r.coupon_upc, r.campaign_id, coalesce(till.local, r.redemption_date) AS local,
         row_number() OVER (PARTITION BY r.household_id, r.coupon_upc, r.campaign_id, r.redemption_date) AS nth,
         to_json({coupon_id: r.coupon_upc::VARCHAR, campaign_id: r.campaign_id::VARCHAR,
                  campaign: 'Campaign ' || r.campaign_id, kind: campaign_type}) AS properties
  FROM read_parquet($folder || '/coupon_redemptions.parquet') r
  LEFT JOIN campaign USING (campaign_id)
  LEFT JOIN till ON till.household_id = r.household_id AND till.day = r.redemption_date::DATE
),
household AS (
  SELECT seen.household_id, seen.local,
         to_json({name: 'Household ' || seen.household_id, age: age, income: income, home_ownership: home_ownership,
                  marital_status: marital_status, household_size: household_size,
                  household_composition: household_comp, children: kids_count}) AS traits
  FROM (SELECT household_id, min(local) AS local
        FROM (SELECT household_id, local FROM basket UNION ALL SELECT household_id, local FROM sending)
        GROUP BY household_id) seen
  LEFT JOIN read_parquet($folder || '/demographics.parquet') d USING (household_id)
),
event AS (
  SELECT 0 AS rank, 'grocer-household-' || household_id AS message_id, 'identify' AS type, '' AS name, local,
         household_id, 'server' AS channel, NULL AS campaign, NULL AS revenue, NULL AS order_id,
         json_merge_patch('{}', traits) AS properties
  FROM household
  UNION ALL
  SELECT 1, 'grocer-campaign-' || campaign_id || '-' || household_id, 'track', 'Campaign Received', local,
         household_id, 'ad', 'Campaign ' || campaign_id, NULL, NULL, properties
  FROM sending
  UNION ALL
  SELECT 2, 'grocer-coupon-' || household_id || '-' || coupon_upc || '-' || campaign_id || '-' || strftime(local, '%Y%m%d') || '-' || nth,
         'track', 'Coupon Redeemed', local, household_id, 'store', 'Campaign ' || campaign_id, NULL, NULL, properties
  FROM redemption
  UNION ALL
  SELECT 3, 'grocer-basket-' || basket_id, 'track', 'Order Completed', local, household_id, 'store', NULL, revenue,
         basket_id::VARCHAR, properties
  FROM basket
)
SELECT message_id, type, name, epoch_ms(timezone($zone, local + to_days($days))) AS time,
       household_id::VARCHAR AS household, channel, campaign, revenue::VARCHAR AS revenue, order_id, properties::VARCHAR AS properties
FROM event
ORDER BY time, rank, message_id
