-- team-namespaces: each team manages its own keys.
--
-- For an organization with one store. Keys are team/TEAM/STAGE/... A caller has
-- the label team and a role. A "member" reads and changes the dev keys of the
-- team, a "lead" the keys of all stages; an "auditor" lists all names
-- with "postern keys --names" and reads no value. The members of all teams read
-- the keys under shared/.

local std = require "std/v1"

local function own(req) return std.segment(req.key, 2) == req.labels.team end

allow { "member-dev", roles = "member", keys = "team/*/dev/**", when = own }
allow { "lead-all", roles = "lead", keys = "team/*/**", when = own }
allow { "shared", roles = { "member", "lead" }, ops = "read", keys = "shared/**" }
allow { "auditor-lists", roles = "auditor", ops = "keys", keys = "**" }

deny { "left-the-company", labels = { active = "no" }, keys = "**", reason = "this account is closed" }
