#include <curl/curl.h>

/* Swift cannot call functions with a variable number of arguments: one function here for each type of argument. */
static inline CURLcode gbh_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gbh_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gbh_set_data(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

/* Receives a part of the body or one line of the head; anything but the count of bytes given ends the transfer. */
typedef size_t (*gbh_receiver)(char *bytes, size_t one, size_t count, void *user_data);

static inline CURLcode gbh_set_receiver(CURL *handle, CURLoption option, gbh_receiver value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gbh_get_number(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode gbh_get_pointer(CURL *handle, CURLINFO info, void **value) {
  return curl_easy_getinfo(handle, info, value);
}

/* Only HTTP and HTTPS: a redirect must not make it read a file. */
static inline CURLcode gbh_allow_web_only(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* The certificates that libcurl was built to trust: a file's path, or NULL. */
static inline const char *gbh_built_in_certificates(void) {
  curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  return info->age >= CURLVERSION_SEVENTH ? info->cainfo : NULL;
}
