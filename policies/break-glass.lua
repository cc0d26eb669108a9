-- break-glass: closed, with an emergency access that leaves a trace.
--
-- For the few keys that people should never need. In normal operation only
-- services read them. In an emergency a person takes the role "break-glass" and
-- puts the number of a ticket into the label ticket. Each such read has its own
-- rule name in the decision log, on which an alert can be set. Without a ticket
-- access is denied, and even with one nothing can be changed.

local std = require "std/v1"

allow { "services", callers = "svc/**", ops = { "get", "watch" }, keys = "prod/**" }
allow { "BREAK-GLASS", roles = "break-glass", ops = { "get", "keys" }, keys = "prod/**",
        when = function(req) return std.is_ticket(req.labels.ticket) end }

deny { "no-ticket", roles = "break-glass", keys = "**",
       when = function(req) return not std.is_ticket(req.labels.ticket) end,
       reason = "emergency access requires a ticket: label ticket=ABC-123" }
deny { "never-change", roles = "break-glass", ops = "write", keys = "**",
       reason = "emergency access is read-only; changes go through the pipeline" }

redact { "everything", keys = "**", mode = "full" }
