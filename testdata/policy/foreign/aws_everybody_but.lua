-- AWS: deny everybody but one role (NotPrincipal).
allow { "staff", roles = { none = "guest-*" }, keys = "**" }
deny { "closed", keys = "root/**", roles = { none = "emergency" } }
