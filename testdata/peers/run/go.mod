// The matrix that postern run and others like it are held against. A module of
// its own, so that nobody who uses the library inherits it.
module github.com/postern-project/postern/testdata/peers/run

go 1.26.5

require golang.org/x/sys v0.49.0
