-- break-glass: closed, with a way in that leaves a trace.
--
-- For the few keys that nobody should need. Day to day only the services read
-- them. In an emergency a person takes the role "break-glass" and names a
-- ticket in the label ticket; every such read carries its own rule name in
-- the decision log, which is what an alarm should look for. Without a ticket
-- the door stays shut, and even with one nothing can be changed.

local std = require "std/v1"

allow { "services", callers = "svc/**", ops = { "get", "watch" }, keys = "prod/**" }
allow { "BREAK-GLASS", roles = "break-glass", ops = { "get", "keys" }, keys = "prod/**",
        when = function(req) return std.is_ticket(req.labels.ticket) end }

deny { "no-ticket", roles = "break-glass", keys = "**",
       when = function(req) return not std.is_ticket(req.labels.ticket) end,
       reason = "breaking the glass needs a ticket: label ticket=ABC-123" }
deny { "never-change", roles = "break-glass", ops = "write", keys = "**",
       reason = "an emergency reads; changes go through the pipeline" }

redact { "everything", keys = "**", mode = "full" }
