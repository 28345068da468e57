-- Do we keep what we promise: completeness, speed, freshness, cost, stream against batch?
select measure, value, bound, target, is_met
from marts.slo_summary
order by is_met, measure;
