module flotilla/toolchain/consul

go 1.24
