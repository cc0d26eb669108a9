test("vault prefix", function(t)
  t.allow { key = "shop/db" }
  t.allow { op = "keys", key = "shop/db/eu" }
  t.deny { key = "shop" }
  t.deny { key = "shop2/db" }
  t.deny { op = "set", key = "shop/db" }
  t.deny { op = "watch", key = "shop/db" }
end)
