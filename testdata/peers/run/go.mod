// The comparison of postern run with similar programs. It is a separate module so
// that users of the library do not inherit it.
module github.com/postern-project/postern/testdata/peers/run

go 1.26.0

require golang.org/x/sys v0.49.0
