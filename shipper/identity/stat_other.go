//go:build !unix

package identity

func sysStat(*File, any) bool { return false }
