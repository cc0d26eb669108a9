test("vault deny", function(t)
  t.allow { roles = "member", key = "area/50" }
  t.deny { roles = "member", key = "area/51", rule = "vaulted" }
  t.allow { roles = "member", key = "area/51/gate" }
  t.deny { roles = "member", op = "keys", key = "area/51" }
  t.allow { roles = "member", key = "area/511" }
end)
