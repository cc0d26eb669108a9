-- business-hours: people read production in the daytime, programs at any time.
--
-- For teams in which people do not access production at night, except those who
-- are on call and have the role "oncall". Set tz to the time zone of the team. A
-- watch that was started in the daytime delivers nothing once the window closes.

local day = { hours = "08:00-18:00", days = "mon-fri", tz = "Europe/Berlin" }

allow { "programs", callers = "svc/**", ops = "read", keys = "prod/**" }
allow { "people-by-day", roles = "engineer", ops = "read", keys = "prod/**",
        hours = day.hours, days = day.days, tz = day.tz }
allow { "oncall", roles = "oncall", ops = "read", keys = "prod/**" }
allow { "staging", roles = "engineer", keys = "staging/**" }

deny { "no-change-on-friday-night", ops = "write", keys = "**", hours = "16:00-06:00", days = "fri", tz = day.tz,
       reason = "no changes between Friday afternoon and Saturday morning" }
