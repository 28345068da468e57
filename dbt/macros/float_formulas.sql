{#- Formulas over statistics, FLOAT64 by definition (stored prices stay exact). -#}

{% macro basis_points(value, reference) -%}
    10000 * (cast({{ value }} as float64) / nullif(cast({{ reference }} as float64), 0) - 1)
{%- endmacro %}

{#- Standard deviation of hourly log returns, annualised: a market that never closes has
    24 * 365 hours a year. -#}
{% macro annualised(hourly_deviation) -%}
    {{ hourly_deviation }} * sqrt(24 * 365)
{%- endmacro %}
