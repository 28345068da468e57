-- CoinCap credits spent per month, against the budget.
select
    date_trunc(date(hour_start), month) as month,
    endpoint,
    sum(calls) as calls,
    sum(credits) as credits,
    sum(sum(credits)) over (partition by date_trunc(date(hour_start), month)) as credits_of_month,
    {{ env_var('COINCAP_CREDITS_PER_MONTH', '4000') | int }} as budget
from {{ ref('slo_api_latency') }}
group by 1, 2
