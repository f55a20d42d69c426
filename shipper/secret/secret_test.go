package secret

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue makes a certificate that signs itself, and its key, in PEM.
func issue(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

// named is the name in the certificate that a handshake would get now.
func named(t *testing.T, c *Certificates) string {
	t.Helper()
	cfg, err := c.Config("h2").GetConfigForClient(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(cfg.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return cert.Subject.CommonName
}

func TestATokenThatCannotBeReadLeavesTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write(t, path, []byte(" s3cret\n"))
	token, err := LoadToken(path)
	if err != nil {
		t.Fatal(err)
	}
	step := func(name string, wantChanged bool, wantErr, is, isNot string) {
		t.Helper()
		changed, err := token.Refresh()
		if changed != wantChanged || (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("%s: changed %v, error %v", name, changed, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error tells the token: %v", name, err)
		}
		if !token.Is(is) || token.Is(isNot) {
			t.Errorf("%s: want %q and not %q", name, is, isNot)
		}
	}
	step("the same", false, "", "s3cret", " s3cret\n")
	write(t, path, []byte("other"))
	step("another", true, "", "other", "s3cret")
	write(t, path, []byte(" \n"))
	step("empty", false, "is empty", "other", "")
	write(t, path, make([]byte, maxFile+1))
	step("too large", false, "larger than 1048576 bytes", "other", "")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	step("gone", false, "no such file", "other", "")
	if _, err := LoadToken(path); err == nil {
		t.Error("a token of no file")
	}
}

func TestHalfOfAChangeLeavesTheOldCertificates(t *testing.T) {
	dir := t.TempDir()
	files := Files{Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key"), ClientCA: filepath.Join(dir, "ca")}
	cert, key := issue(t, "one")
	cert2, key2 := issue(t, "two")
	write(t, files.Cert, cert)
	write(t, files.Key, key)
	if _, err := LoadCertificates(files); err == nil || !strings.Contains(err.Error(), files.ClientCA) {
		t.Errorf("without authorities: %v", err)
	}
	write(t, files.ClientCA, cert)
	c, err := LoadCertificates(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		name, path string
		text       []byte
		changed    bool
		err, want  string
	}{
		{"nothing new", files.Cert, cert, false, "", "one"},
		{"a certificate with another's key", files.Cert, cert2, false, "private key", "one"},
		{"its key", files.Key, key2, true, "", "two"},
		{"authorities that are none", files.ClientCA, key, false, "holds none in PEM", "two"},
		{"authorities again", files.ClientCA, cert2, true, "", "two"},
	} {
		write(t, s.path, s.text)
		changed, err := c.Refresh()
		if changed != s.changed || (err == nil) != (s.err == "") || err != nil && !strings.Contains(err.Error(), s.err) {
			t.Errorf("%s: changed %v, error %v", s.name, changed, err)
		}
		if have := named(t, c); have != s.want {
			t.Errorf("%s: certificate of %q, want %q", s.name, have, s.want)
		}
	}
	cfg, err := c.Config().GetConfigForClient(&tls.ClientHelloInfo{})
	if err != nil || cfg.ClientAuth != tls.RequireAndVerifyClientCert || cfg.ClientCAs == nil || cfg.MinVersion != tls.VersionTLS12 {
		t.Errorf("clients are not asked: %+v, %v", cfg, err)
	}
}

func TestWatchReadsAgainAndTellsOnceWhatCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write(t, path, []byte("one"))
	synctest.Test(t, func(t *testing.T) {
		token, err := LoadToken(path)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); Watch(ctx, zerolog.New(&log), token) }()
		wait := func(d time.Duration) { time.Sleep(d); synctest.Wait() } // of the bubble's clock
		for _, text := range []string{"", "two", ""} {
			write(t, path, []byte(text))
			wait(10 * time.Second)
		}
		if !token.Is("two") {
			t.Error("the new token is not known")
		}
		cancel()
		<-done
		want := []string{"cannot be read again", "were read again", "cannot be read again"}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		for i := range want {
			if len(lines) != len(want) || !strings.Contains(lines[i], want[i]) {
				t.Fatalf("log:\n%s", log.String())
			}
		}
	})
}
