test("aws get", function(t)
  t.allow { roles = "server-1", key = "prod/Server1" }
  t.deny { roles = "server-1", key = "prod/server1" }
  t.deny { key = "prod/Server1" }
  t.deny { roles = "server-1", op = "keys", key = "prod/Server1" }
  t.deny { roles = "Server-1", key = "prod/Server1" }
end)
