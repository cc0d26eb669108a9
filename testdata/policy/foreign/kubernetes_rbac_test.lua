test("kubernetes rbac", function(t)
  t.allow { roles = "app:reader", key = "app/db" }
  t.deny { roles = "app:reader", key = "app/other" }
  t.deny { roles = "app:viewer", key = "app/db" }
  t.allow { roles = "app:viewer", op = "keys", key = "app/db" }
  t.deny { roles = "app:viewer", op = "keys", key = "app/x/y" }
end)
