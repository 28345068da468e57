-- Every success measure with its target and whether it is met: one row each. A measure looks back
-- from the newest figure of its mart, for as long as measured_over says: a bad hour is over then.
with latency as (

    {{ newest_of('slo_api_latency', 'hour_start', '24 hour') }}

),

polled as (

    {{ newest_of('slo_api_latency', 'hour_start', '168 hour') }}

),

freshness as (

    {{ newest_of('slo_freshness', 'hour_start', '24 hour') }}

),

serving as (

    {{ newest_of('slo_serving_freshness', 'hour_start', '24 hour') }}

),

duplicates as (

    {{ newest_of('slo_duplicates', 'day', '7 day', 'date') }}

),

reconciled as (

    {{ newest_of('recon_stream_batch', 'hour_start', '168 hour') }}

),

-- Refused rows of the days in `polled`: none are zero, not unknown.
refused as (

    select coalesce(sum(letters.dead_letters), 0) as dead_letters
    from {{ ref('slo_dead_letters') }} as letters
    inner join (select distinct date(hour_start) as day from polled) as days
        on letters.day = days.day

),

measured as (

    select
        'completeness_pairs_percent' as measure,
        cast(max_by(pairs_percent, polled_at) as float64) as value,
        95.0 as target,
        'at least' as bound,
        'the newest sweep of all markets' as measured_over
    from {{ ref('slo_completeness') }}
    union all
    select
        'completeness_volume_percent',
        max_by(volume_percent, polled_at),
        99.0,
        'at least',
        'the newest sweep of all markets'
    from {{ ref('slo_completeness') }}
    union all
    select 'api_latency_p95_ms', max(p95_ms), 2000.0, 'at most', 'worst hour of 24 hours'
    from latency
    union all
    select
        'api_failed_calls_share',
        safe_divide(sum(failed_calls), cast(sum(calls) as float64)),
        0.01,
        'at most',
        'calls of 24 hours'
    from latency
    union all
    select
        'dead_letters_share',
        safe_divide(max(refused.dead_letters), cast(sum(polled.rows_received) as float64)),
        0.001,
        'at most',
        'rows of 7 days'
    from polled
    cross join refused
    union all
    select 'fresh_in_kafka_p95_s', max(to_kafka_p95_s), 60.0, 'at most', 'worst hour of 24 hours'
    from freshness
    union all
    select 'fresh_in_marts_p95_s', max(to_mart_p95_s), 7200.0, 'at most', 'worst hour of 24 hours'
    from freshness
    union all
    select
        'fresh_in_serving_p95_s', max(to_serving_p95_s), 60.0, 'at most', 'worst hour of 24 hours'
    from serving
    union all
    select
        'duplicates_share',
        safe_divide(cast(sum(copies) as float64), cast(sum(messages) as float64)),
        0.01,
        'at most',
        'messages of 7 days'
    from duplicates
    union all
    select 'market_prices_null_share', max(share_of_nulls), 0.01, 'at most', 'newest rows'
    from {{ ref('slo_nulls') }}
    where relation = 'latest_markets' and column_name = 'price_usd'
    union all
    select
        'commands_to_first_chart',
        cast(max_by(commands, began_at) as float64),
        1.0,
        'at most',
        'the newest run of the demo'
    from {{ ref('slo_ease_of_use') }}
    union all
    select
        'seconds_to_first_chart',
        max_by(seconds, began_at),
        600.0,
        'at most',
        'the newest run of the demo'
    from {{ ref('slo_ease_of_use') }}
    union all
    select
        'credits_of_budget',
        max_by(safe_divide(credits_of_month, cast(budget as float64)), month),
        1.0,
        'at most',
        'the newest month'
    from {{ ref('slo_credits') }}
    union all
    select
        'stream_batch_disagreeing_hours',
        -- Nothing compared is no agreement.
        cast(sum(case when agrees then 0 else 1 end) as float64),
        0.0,
        'at most',
        'settled hours of 7 days'
    from reconciled

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
    end as is_met,
    measured_over
from measured
