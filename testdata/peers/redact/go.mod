module github.com/postern-project/postern/testdata/peers/redact

go 1.26.0

require (
	github.com/BobuSumisu/aho-corasick v1.0.3
	github.com/cloudflare/ahocorasick v0.0.0-20240916140611-054963ec9396
	github.com/postern-project/postern v0.0.0
)

require golang.org/x/sys v0.49.0 // indirect

replace github.com/postern-project/postern => ../../..
