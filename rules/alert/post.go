package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// rejected is an answer that another try will not change.
type rejected struct{ error }

// later is an answer that asks to wait before the next try.
type later struct {
	error
	after time.Duration
}

// poster sends JSON to one URL. Its errors never show the URL, which may hold a secret,
// nor the contents of the secret files.
type poster struct {
	url        string
	bearerFile string
	hmacFile   string
	client     *http.Client
}

func newPoster(target string, r *Receiver, timeout time.Duration) *poster {
	return &poster{
		url: target, bearerFile: r.BearerFile, hmacFile: r.HMACFile,
		client: &http.Client{
			Timeout: timeout,
			// A redirect would carry the body, and maybe the token, elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1,
				IdleConnTimeout: time.Minute, TLSHandshakeTimeout: timeout, ForceAttemptHTTP2: true,
			},
		},
	}
}

// post sends body once. nil is a 2xx answer; a rejected error is final; any other error
// may be tried again.
func (p *poster) post(ctx context.Context, body []byte, header map[string]string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return rejected{errors.New("make request: bad URL")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "foghorn")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	var secrets []string
	if p.bearerFile != "" {
		token, err := readSecret(p.bearerFile)
		if err != nil {
			return err
		}
		secrets = append(secrets, token)
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if p.hmacFile != "" {
		secret, err := readSecret(p.hmacFile)
		if err != nil {
			return err
		}
		secrets = append(secrets, secret)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		req.Header.Set("Foghorn-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	resp, err := p.client.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return fmt.Errorf("post: %w", err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 512)) // only explains a status
	return judge(resp, text, secrets)
}

// judge sorts an answer: 2xx is nil; other 3xx and 4xx are final, but for those that say
// "not now" or "not with this token", which an operator can put right.
func judge(resp *http.Response, text []byte, secrets []string) error {
	if resp.StatusCode/100 == 2 {
		return nil
	}
	said := strings.TrimSpace(string(text))
	for _, s := range secrets {
		said = strings.ReplaceAll(said, s, "***")
	}
	err := fmt.Errorf("receiver answered %s: %q", resp.Status, said)
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusRequestTimeout, http.StatusTooEarly:
		return err
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if n, perr := strconv.Atoi(resp.Header.Get("Retry-After")); perr == nil && n > 0 {
			return later{err, time.Duration(n) * time.Second}
		}
		return err
	}
	if resp.StatusCode < 500 {
		return rejected{err}
	}
	return err
}

func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	s := strings.TrimSpace(string(b))
	if s == "" || strings.ContainsAny(s, "\r\n") {
		return "", fmt.Errorf("read secret %s: want one line that is not empty", path)
	}
	return s, nil
}
