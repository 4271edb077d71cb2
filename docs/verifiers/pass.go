// Package openrun lets in who has a live pass of a show.
package openrun

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Gate is before a shop. The header Pass is checked here with the line's public key (x of GET /api/passes/keys), so a flood
// of forged ones ends here; whether it has ended is asked of the line. No answer lets nobody in.
func Gate(line, show, x string, userOf func(*http.Request) string, shop http.Handler) http.Handler {
	key, _ := base64.RawURLEncoding.DecodeString(x)
	client := &http.Client{Timeout: 2 * time.Second}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pass, status := r.Header.Get("Pass"), http.StatusForbidden
		cut := strings.LastIndex(pass, ".")
		signature, err := base64.RawURLEncoding.DecodeString(pass[cut+1:])
		if pass == "" {
			status = http.StatusUnauthorized
		} else if cut > 0 && err == nil && ed25519.Verify(key, []byte(pass[:cut]), signature) {
			query := url.Values{"show": {show}, "user": {userOf(r)}}
			ask, _ := http.NewRequestWithContext(r.Context(), "GET", line+"/api/passes/check?"+query.Encode(), nil)
			ask.Header.Set("Pass", pass)
			status = http.StatusServiceUnavailable
			if answer, err := client.Do(ask); err == nil {
				answer.Body.Close()
				status = answer.StatusCode
			}
		}
		if status != http.StatusNoContent {
			w.WriteHeader(status)
			return
		}
		shop.ServeHTTP(w, r)
	})
}
