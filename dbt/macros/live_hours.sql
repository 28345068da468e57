{#- The first hour that the measurements of PostgreSQL's candles can be compared from, as a literal for the partition filter: its oldest, but none older than it keeps candles for (a queued
    rebuild can put back a candle of a day that is gone). Before all data where none is measured. -#}
{% macro first_live_hour() -%}
    {%- set hours = source('raw', 'live_candle_hours') -%}
    {%- if execute and load_relation(hours) -%}
        {%- set query -%}
            select format_timestamp('%F %T', greatest(
                min(hour_start),
                timestamp_sub(max(hour_start), interval {{ var('live_candle_days') }} day)
            ))
            from {{ hours }}
        {%- endset -%}
        {%- set hour = run_query(query).columns[0].values()[0] -%}
    {%- endif -%}
    timestamp '{{ hour or '2010-01-01' }}'
{%- endmacro %}
