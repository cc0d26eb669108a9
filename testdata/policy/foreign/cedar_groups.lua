-- Cedar: groups in groups. Roles do not contain roles: who asks names all of them.
local admins = { "admin", "platform-admin", "sre-lead" }
allow { "admins", roles = admins, keys = "**" }
