-- team-namespaces: every team rules its own keys.
--
-- For an organisation with one store. Keys are team/TEAM/STAGE/...; a caller
-- carries the label team and a role: "member" reads and changes the team's
-- dev keys, "lead" does so in all stages, "auditor" lists names everywhere.
-- What lies under shared/ is read by every member of any team.

local std = require "std/v1"

local function own(req) return std.segment(req.key, 2) == req.labels.team end

allow { "member-dev", roles = "member", keys = "team/*/dev/**", when = own }
allow { "lead-all", roles = "lead", keys = "team/*/**", when = own }
allow { "shared", roles = { "member", "lead" }, ops = "read", keys = "shared/**" }
allow { "auditor-lists", roles = "auditor", ops = "keys", keys = "**" }

deny { "left-the-company", labels = { active = "no" }, keys = "**", reason = "this account is closed" }
