{#- How many loaded days of a raw table the newest rows are looked for in: more than there are
    between two polls of the slowest cadence (a month), so that what is polled rarely stays in. -#}
{% macro in_last_days(column, table) -%}
    {{ column }} >= timestamp '{{ first_of_last_days(table) }}'
{%- endmacro %}

{#- The first of the last `latest_days` days that a raw table has, as text: a literal, because
    BigQuery prunes no partition by what a query finds. Before all data where nothing is loaded. -#}
{% macro first_of_last_days(table) -%}
    {%- set log = source('raw', 'load_log') -%}
    {%- if execute and load_relation(log) -%}
        {%- set query -%}
            select cast(min(day) as string)
            from (
                select day
                from {{ log }}
                where table_name = '{{ table }}'
                order by day desc
                limit {{ var('latest_days') }}
            )
        {%- endset -%}
        {{ return(run_query(query).columns[0].values()[0] or '2010-01-01') }}
    {%- endif -%}
    {{ return('2010-01-01') }}
{%- endmacro %}

{#- Of the rows that agree in `key` the newest: by `before` (a trade's time, say), then by poll. -#}
{% macro newest(key, before=[]) -%}
    qualify row_number() over (
        partition by {{ key | join(', ') }}
        order by {% for column in before %}{{ column }} desc, {% endfor -%}
            polled_at desc, snapshot_id desc, value_md5 desc
    ) = 1
{%- endmacro %}
