{#- Candles that open or close outside their low and high, or stand for no sample, of the days that
    were loaded lately. -#}
{% macro inconsistent_candles(kind, frame, key) -%}
    select
        '{{ kind }}_candles_{{ frame }}' as candle_table,
        {{ key }} as candle_key,
        period_start
    from {{ ref(kind ~ '_candles_' ~ frame) }}
    where
        {{ on_fresh_days('period_start', kind ~ '_candles_' ~ frame) }}
        and (
            low > least(open, close)
            or high < greatest(open, close)
            or samples < 1
            or source not in ('markets', 'history')
        )
{%- endmacro %}
