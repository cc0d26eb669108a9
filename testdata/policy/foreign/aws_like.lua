-- AWS: a name with wildcards. There ? is one character; here it is an error, and * does
-- not cross a slash.
allow { "developer", ops = "get", keys = "dev-*" }
