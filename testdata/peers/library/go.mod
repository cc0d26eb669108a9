// The libraries that postern's is compared with. It is a separate module so that users of
// the library do not inherit them.
module github.com/postern-project/postern/testdata/peers/library

go 1.26.0

require (
	github.com/joho/godotenv v1.5.1
	github.com/postern-project/postern v0.0.0
)

require (
	github.com/tetratelabs/wazero v1.12.0 // indirect
	github.com/yuin/gopher-lua v1.1.2 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/postern-project/postern => ../../..
