package intake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// certificate makes a certificate for 127.0.0.1 that signs itself, and returns it with its
// key in PEM.
func certificate(t *testing.T, name string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// push sends a line over TLS to a server that must be named so.
func push(b *bench, name, ca string, client *tls.Certificate) error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca))
	cfg := &tls.Config{RootCAs: pool, ServerName: name}
	if client != nil {
		cfg.Certificates = []tls.Certificate{*client}
	}
	c := http.Client{Transport: &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}}
	resp, err := c.Post("https://"+b.srv.Addr()+"/api/v1/push", "text/plain", strings.NewReader("x"))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t, "one.example")
	certFile, keyFile := writeFile(t, cert), writeFile(t, key)
	b := newBench(t, func(c *Config) { c.CertFile, c.KeyFile = certFile, keyFile }, nil)
	if err := push(b, "one.example", cert, nil); err != nil {
		t.Fatal(err)
	}
	b.wantLines(1)

	// New files are served to new connections; half of a change leaves the old ones.
	cert2, key2 := certificate(t, "two.example")
	rewrite(t, certFile, cert2)
	if _, err := b.srv.certs.Refresh(); err == nil {
		t.Error("a certificate with another's key is taken")
	}
	if err := push(b, "one.example", cert, nil); err != nil {
		t.Errorf("the old certificate does not stay: %v", err)
	}
	rewrite(t, keyFile, key2)
	if changed, err := b.srv.certs.Refresh(); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if err := push(b, "two.example", cert2, nil); err != nil {
		t.Errorf("the new certificate: %v", err)
	}
	if changed, err := b.srv.certs.Refresh(); err != nil || changed {
		t.Errorf("unchanged files: %v, %v", changed, err)
	}
}

func TestClientCertificates(t *testing.T) {
	cert, key := certificate(t, "one.example")
	clientCert, clientKey := certificate(t, "agent.example")
	b := newBench(t, func(c *Config) {
		c.CertFile, c.KeyFile, c.ClientCAFile = writeFile(t, cert), writeFile(t, key), writeFile(t, clientCert)
	}, nil)
	if err := push(b, "one.example", cert, nil); err == nil {
		t.Error("a sender without a certificate is served")
	}
	agent, err := tls.X509KeyPair([]byte(clientCert), []byte(clientKey))
	if err != nil {
		t.Fatal(err)
	}
	if err := push(b, "one.example", cert, &agent); err != nil {
		t.Errorf("a sender with a certificate: %v", err)
	}
	b.wantLines(1)
}

func TestFilesThatCannotBeReadAreAnErrorAtOnce(t *testing.T) {
	empty := writeFile(t, "")
	for _, c := range []struct {
		want   string
		change func(*Config)
	}{
		{"intake: file with the token: ", func(c *Config) { c.TokenFile = empty }},
		{"intake: file with the token: ", func(c *Config) { c.TokenFile = empty + ".none" }},
		{"intake: certificate ", func(c *Config) { c.CertFile, c.KeyFile = empty, empty }},
		{"intake: file with the key: ", func(c *Config) { c.CertFile, c.KeyFile = empty, empty+".none" }},
	} {
		cfg := DefaultConfig()
		cfg.Listen = "127.0.0.1:0"
		c.change(&cfg)
		if _, err := New(cfg, nil, zerolog.Nop(), nil); err == nil || !strings.HasPrefix(err.Error(), c.want) || !strings.Contains(err.Error(), empty) {
			t.Errorf("have %v, want %s...", err, c.want)
		}
	}
}
