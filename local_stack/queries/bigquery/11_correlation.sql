-- Which assets move with this one? Correlation of hourly returns over the last 30 days.
select
    if(asset_id = @asset, other_asset_id, asset_id) as other_asset_id,
    correlation,
    hours,
    as_of
from marts.correlation
where asset_id = @asset
    or other_asset_id = @asset
order by correlation desc
limit 50;
