{#- Rows and nulls per column of a relation, one row each. -#}
{% macro null_shares(relation, columns) -%}
    {% for column in columns -%}
    select
        '{{ relation }}' as relation,
        '{{ column }}' as column_name,
        count(*) as row_count,
        countif({{ column }} is null) as null_rows,
        safe_divide(countif({{ column }} is null), count(*)) as share_of_nulls
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}
