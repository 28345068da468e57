{#- Days of a raw table that can hold its newest rows: the last `days` that have any. -#}
{% macro in_last_days(column, table, days=7) -%}
    date({{ column }}) >= (
        select min(day)
        from (
            select day
            from {{ source('raw', 'load_log') }}
            where table_name = '{{ table }}'
            order by day desc
            limit {{ days }}
        )
    )
{%- endmacro %}

{#- Of the rows that agree in `key` the newest: by `before` (a trade's time, say), then by poll. -#}
{% macro newest(key, before=[]) -%}
    qualify row_number() over (
        partition by {{ key | join(', ') }}
        order by {% for column in before %}{{ column }} desc, {% endfor -%}
            polled_at desc, snapshot_id desc, value_md5 desc
    ) = 1
{%- endmacro %}
