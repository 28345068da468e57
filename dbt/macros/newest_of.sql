{#- The rows of a small mart that are not older than `span` (before its newest row, not before now:
    a replay of old answers is measured like today's). -#}
{% macro newest_of(mart, column, span, kind='timestamp') -%}
    select *
    from {{ ref(mart) }}
    where {{ column }} > (
        select {{ kind }}_sub(max({{ column }}), interval {{ span }}) from {{ ref(mart) }}
    )
{%- endmacro %}
