package secret

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"sync/atomic"
)

// Files are those of a server's TLS, in PEM: a certificate chain, its key and, if it is set,
// the authorities of clients' certificates, which then are asked for.
type Files struct{ Cert, Key, ClientCA string }

// Certificates are those of a server. They are safe for concurrent use.
type Certificates struct {
	files Files
	now   atomic.Pointer[certificates]
}

// certificates are what the files held at one time.
type certificates struct {
	print  [sha256.Size]byte // of all the files
	pair   tls.Certificate
	client *x509.CertPool // nil: no certificate is asked for
}

// LoadCertificates reads certificates.
func LoadCertificates(files Files) (*Certificates, error) {
	c := &Certificates{files: files}
	_, err := c.Refresh()
	return c, err
}

// Refresh reads the files again and says whether they have changed. With an error the old
// certificates stay.
func (c *Certificates) Refresh() (changed bool, err error) {
	print, parts := sha256.New(), [3][]byte{}
	for i, f := range [...]struct{ what, path string }{
		{"certificate", c.files.Cert}, {"key", c.files.Key}, {"certificates of clients", c.files.ClientCA},
	} {
		if parts[i], err = read(f.what, f.path); err != nil {
			return false, err
		}
		sum := sha256.Sum256(parts[i])
		print.Write(sum[:])
	}
	fresh := &certificates{}
	print.Sum(fresh.print[:0])
	if old := c.now.Load(); old != nil && old.print == fresh.print {
		return false, nil
	}
	if fresh.pair, err = tls.X509KeyPair(parts[0], parts[1]); err != nil {
		return false, fmt.Errorf("certificate %s with key %s: %w", c.files.Cert, c.files.Key, err)
	}
	if c.files.ClientCA != "" {
		fresh.client = x509.NewCertPool()
		if !fresh.client.AppendCertsFromPEM(parts[2]) {
			return false, fmt.Errorf("file with the certificates of clients: %s holds none in PEM", c.files.ClientCA)
		}
	}
	c.now.Store(fresh)
	return true, nil
}

// Config is what a listener takes: every handshake gets the newest certificates. protocols are
// those of ALPN.
func (c *Certificates) Config(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			now := c.now.Load()
			cfg := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols, Certificates: []tls.Certificate{now.pair}}
			if now.client != nil {
				cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, now.client
			}
			return cfg, nil
		},
	}
}
