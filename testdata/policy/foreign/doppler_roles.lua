-- Doppler: viewer, collaborator and admin for each stage; viewers see only the names of
-- restricted keys.
for _, stage in ipairs({ "dev", "stg", "prd" }) do
  allow { "viewer-" .. stage, roles = "viewer", ops = "read", keys = "web/" .. stage .. "/**" }
end
allow { "collaborator", roles = "collaborator", keys = { "web/dev/**", "web/stg/**" } }
allow { "admin", roles = "admin", keys = "web/**" }
deny { "restricted", roles = "viewer", ops = { "get", "watch" }, keys = "**/RESTRICTED_*" }
redact { "restricted", keys = "**/RESTRICTED_*", mode = "full" }
