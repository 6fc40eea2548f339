-- Of each kind in $kinds the most bought products, with the median price they were sold at; the shop takes the first
-- that people can tell apart.

WITH sold AS (
  SELECT product_id, count(*) AS bought, round(median(sales_value / quantity), 2) AS price
  FROM read_parquet($folder || '/transactions.parquet') WHERE quantity > 0 AND sales_value > 0
  GROUP BY product_id
),
ranked AS (
  SELECT p.product_id, p.product_type, p.brand, trim(p.package_size) AS size, price, bought,
         row_number() OVER (PARTITION BY product_type, brand, trim(package_size) ORDER BY bought DESC, product_id) AS twin
  FROM sold JOIN read_parquet($folder || '/products.parquet') p USING (product_id)
  WHERE p.product_type IN (SELECT unnest($kinds)) AND price >= 0.25
)
SELECT product_id::VARCHAR, product_type, brand, size, price, bought
FROM ranked WHERE twin = 1
QUALIFY row_number() OVER (PARTITION BY product_type ORDER BY bought DESC, product_id) <= 8
ORDER BY product_type, bought DESC, product_id
