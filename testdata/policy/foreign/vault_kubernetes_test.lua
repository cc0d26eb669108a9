test("vault kubernetes", function(t)
  t.allow { key = "kube/pay/api", labels = { namespace = "pay", account = "api" } }
  t.deny { key = "kube/pay/api", labels = { namespace = "pay" } }
  t.deny { key = "kube/pay/api" }
  t.deny { key = "kube/pay/api/x", labels = { namespace = "pay", account = "api" } }
  t.deny { key = "kube/a/b", labels = { namespace = "a/b", account = "" } }
end)
