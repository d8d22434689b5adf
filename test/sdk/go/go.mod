// The conformance tests by a public Go SDK, apart so that the product's own
// module knows nothing of it. scripts/test-sdk.sh runs them.
module tongbao/test/sdk/go

go 1.26.0

require github.com/smartwalle/alipay/v3 v3.2.30

require (
	github.com/smartwalle/ncrypto v1.0.4 // indirect
	github.com/smartwalle/ngx v1.1.1 // indirect
	github.com/smartwalle/nsign v1.0.9 // indirect
)
