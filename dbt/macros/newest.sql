{#- Days of a raw table that can hold its newest rows: the last `days` before its last day. -#}
{% macro in_last_days(column, table, days=7) -%}
    date({{ column }}) >= (
        select date_sub(max(day), interval {{ days }} day)
        from {{ source('raw', 'load_log') }} where table_name = '{{ table }}'
    )
{%- endmacro %}
