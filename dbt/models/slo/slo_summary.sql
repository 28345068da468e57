-- Every success measure with its target and whether it is met: one row each.
with measured as (

    select
        'completeness_pairs_percent' as measure,
        cast(max_by(pairs_percent, polled_at) as float64) as value,
        95.0 as target,
        'at least' as bound
    from {{ ref('slo_completeness') }}
    union all
    select 'completeness_volume_percent', max_by(volume_percent, polled_at), 99.0, 'at least'
    from {{ ref('slo_completeness') }}
    union all
    select 'api_latency_p95_ms', max(p95_ms), 2000.0, 'at most'
    from {{ ref('slo_api_latency') }}
    union all
    select 'api_failed_calls_share', safe_divide(sum(failed_calls), sum(calls)), 0.01, 'at most'
    from {{ ref('slo_api_latency') }}
    union all
    select
        'dead_letters_share',
        safe_divide(sum(dead_letters), max(rows_received)),
        0.001,
        'at most'
    from {{ ref('slo_dead_letters') }}
    union all
    select 'fresh_in_kafka_p95_s', max(to_kafka_p95_s), 60.0, 'at most'
    from {{ ref('slo_freshness') }}
    union all
    select 'fresh_in_marts_p95_s', max(to_mart_p95_s), 7200.0, 'at most'
    from {{ ref('slo_freshness') }}
    union all
    select 'fresh_in_serving_p95_s', max(to_serving_p95_s), 60.0, 'at most'
    from {{ ref('slo_serving_freshness') }}
    union all
    select 'duplicates_share', safe_divide(sum(copies), sum(messages)), 0.01, 'at most'
    from {{ ref('slo_duplicates') }}
    union all
    select 'market_prices_null_share', max(share_of_nulls), 0.01, 'at most'
    from {{ ref('slo_nulls') }}
    where relation = 'latest_markets' and column_name = 'price_usd'
    union all
    select 'commands_to_first_chart', cast(max_by(commands, began_at) as float64), 1.0, 'at most'
    from {{ ref('slo_ease_of_use') }}
    union all
    select 'seconds_to_first_chart', max_by(seconds, began_at), 600.0, 'at most'
    from {{ ref('slo_ease_of_use') }}
    union all
    select 'credits_of_budget', max(safe_divide(credits_of_month, budget)), 1.0, 'at most'
    from {{ ref('slo_credits') }}
    union all
    select 'stream_batch_disagreeing_hours', cast(countif(not agrees) as float64), 0.0, 'at most'
    from {{ ref('recon_stream_batch') }}

)

select
    measure,
    value,
    bound,
    target,
    case
        when value is null then null
        when bound = 'at least' then value >= target
        else value <= target
    end as is_met
from measured
