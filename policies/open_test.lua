test("everyone reads and writes", function(t)
  t.allow { key = "a", rule = "everyone", mask = "full" }
  t.allow { caller = "uid:1000", op = "set", key = "prod/db/password" }
  t.allow { roles = { "ci" }, op = "delete", key = "x/y/z", code = "allowed" }
end)

test("no one is left out", function(t)
  t.allow { key = "a/b/c", rule = "everyone" }
  t.allow { caller = "app", roles = { "x", "y" }, op = "watch", key = "a", labels = { env = "prod" }, rule = "everyone" }
end)
