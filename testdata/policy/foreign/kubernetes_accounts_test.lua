test("kubernetes accounts", function(t)
  t.allow { caller = "system:serviceaccount:ci:runner", key = "ci/x" }
  t.deny { caller = "system:serviceaccount:prod:runner", key = "ci/x" }
  t.deny { caller = "system:serviceaccount:ci:a/b", key = "ci/x" }
  t.allow { caller = "system:serviceaccount:ci:", key = "ci/x" }
  t.deny { caller = "xsystem:serviceaccount:ci:r", key = "ci/x" }
end)
