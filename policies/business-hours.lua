-- business-hours: people reach production during the day, programs always.
--
-- For teams that want no human hand in production at night: whoever needs it
-- then is on call, and says so with the role "oncall". Change tz to where the
-- team works. A watch that was opened in the day ends when the window closes.

local day = { hours = "08:00-18:00", days = "mon-fri", tz = "Europe/Berlin" }

allow { "programs", callers = "svc/**", ops = "read", keys = "prod/**" }
allow { "people-by-day", roles = "engineer", ops = "read", keys = "prod/**",
        hours = day.hours, days = day.days, tz = day.tz }
allow { "oncall", roles = "oncall", ops = "read", keys = "prod/**" }
allow { "staging", roles = "engineer", keys = "staging/**" }

deny { "no-change-on-friday-night", ops = "write", keys = "**", hours = "16:00-06:00", days = "fri", tz = day.tz,
       reason = "no change between Friday afternoon and Saturday morning" }
