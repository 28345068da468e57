{#- Candles of one kind and width, and how many of their minutes have no sample. -#}
{% macro gaps_of(kind, frame, minutes, key) -%}
    select
        '{{ kind }}_candles_{{ frame }}' as candle_table,
        {{ key }} as candle_key,
        period_start,
        samples,
        minutes_sampled,
        {{ minutes }} - minutes_sampled as minutes_missing,
        has_gap
    from {{ source('raw', kind ~ '_candles_' ~ frame) }}
{%- endmacro %}
