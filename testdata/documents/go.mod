// Random documents, edited by the built-in modules and read by the common readers of
// each format. It is a separate module so that users of the library do not inherit
// the readers.
module github.com/postern-project/postern/testdata/documents

go 1.26.0

require (
	github.com/BurntSushi/toml v1.4.1-0.20240526193622-a339e1f7089c
	github.com/joho/godotenv v1.5.1
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/postern-project/postern v0.0.0-00010101000000-000000000000
	go.yaml.in/yaml/v3 v3.0.5
)

require (
	github.com/tetratelabs/wazero v1.12.0 // indirect
	github.com/yuin/gopher-lua v1.1.2 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/postern-project/postern => ../..
