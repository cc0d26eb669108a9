// How the costs of the library grow, for .ci/long growth. It is a separate module like all
// benchmarks.
module github.com/postern-project/postern/testdata/growth

go 1.26.0

require github.com/postern-project/postern v0.0.0

require (
	github.com/tetratelabs/wazero v1.12.0 // indirect
	github.com/yuin/gopher-lua v1.1.2 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/postern-project/postern => ../..
