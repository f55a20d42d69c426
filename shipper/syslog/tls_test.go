package syslog

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority makes certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.key, a.cert, _ = issue(t, nil, "test CA")
	return a
}

func issue(t *testing.T, a *authority, name string) (*ecdsa.PrivateKey, *x509.Certificate, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        a == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// write puts a server's certificate in a folder.
func (a *authority) write(t *testing.T, dir, name string) {
	t.Helper()
	key, cert, _ := issue(t, a, name)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert.Raw},
		"key.pem":  {Type: "EC PRIVATE KEY", Bytes: der},
		"ca.pem":   {Type: "CERTIFICATE", Bytes: a.cert.Raw},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLS(t *testing.T) {
	a, dir := newAuthority(t), t.TempDir()
	a.write(t, dir, "first")
	b := newBench(t, func(c *Config) {
		c.TLS, c.Cert, c.Key = "127.0.0.1:0", filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		c.ClientCA = filepath.Join(dir, "ca.pem")
	})
	_, _, addr := b.s.Addrs()
	_, _, client := issue(t, a, "client")
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	cfg := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{client}}
	connect := func() string {
		c, err := tls.Dial("tcp", addr.String(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		send(t, c, "7 <13>onetoo short and 3 <1")
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if name := connect(); name != "first" {
		t.Errorf("certificate of %q", name)
	}
	b.want("127.0.0.1", "<13>one", "too short and 3 <1")

	// A certificate that was replaced is used for new connections.
	a.write(t, dir, "second")
	b.until("the new certificate is used", func() bool { return connect() == "second" })

	// Without a certificate of the CA a client is refused.
	c, err := tls.Dial("tcp", addr.String(), &tls.Config{RootCAs: roots})
	if err == nil {
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err = c.Read(make([]byte, 1))
		c.Close()
	}
	if err == nil || os.IsTimeout(err) {
		t.Errorf("a client without certificate: %v", err)
	}
	b.until("the failure is counted", func() bool { return b.metric("foghorn_syslog_failed_connections_total") == 1 })
}

// A client that does not shake hands is cut off, and holds nobody up meanwhile.
func TestAHandshakeThatNeverComesIsCutOff(t *testing.T) {
	a, dir := newAuthority(t), t.TempDir()
	a.write(t, dir, "server")
	b := newBench(t, func(c *Config) {
		c.TLS, c.Cert, c.Key = "127.0.0.1:0", filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		c.MessageTimeout = time.Second
	})
	_, _, addr := b.s.Addrs()
	silent := dial(t, addr)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	c, err := tls.Dial("tcp", addr.String(), &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(t, c, "<13>one\n")
	b.want("127.0.0.1", "<13>one")
	silent.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := silent.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the silent one is not closed: %v", err)
	}
	b.until("the failure is counted", func() bool { return b.metric("foghorn_syslog_failed_connections_total") == 1 })
}
