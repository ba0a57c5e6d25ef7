// Settings that a production server must not start with, each with what names it: for the tests of loading and of doctor.
#pragma once

#include <array>
#include <string_view>

namespace pollux::config::test {

struct Refusal {
    std::string_view line;  // Added to a production .env that is right without it.
    std::string_view named; // The problem begins with this.
};

inline constexpr auto wrong_values =
    std::to_array<Refusal>({Refusal{"DEBUG=perhaps", "DEBUG="},
                            Refusal{"PORT=http", "PORT="},
                            Refusal{"LISTEN=8000", "LISTEN="},
                            Refusal{"LISTEN=example.com:80", "LISTEN="},
                            Refusal{"METRICS_LISTEN=x", "METRICS_LISTEN="},
                            Refusal{"THREADS=0", "THREADS="},
                            Refusal{"WORKERS=some", "WORKERS="},
                            Refusal{"WORKER_CONCURRENCY=1.5", "WORKER_CONCURRENCY="},
                            Refusal{"LOG_LEVEL=loud", "LOG_LEVEL="},
                            Refusal{"LOG_FORMAT=xml", "LOG_FORMAT="},
                            Refusal{"DATABASE_URL=mysql://x/y", "DATABASE_URL (.env)"},
                            Refusal{"DATABASE_URL=sqlite:///:memory:", "DATABASE_URL (.env): must name a file"},
                            Refusal{"DATABASE_URL=postgres://u:p@ss@db/x", "DATABASE_URL (.env): must have letters like @"},
                            Refusal{"DATABASE_URL=postgres://u:p/ss@db/x", "DATABASE_URL (.env): must have letters like @"},
                            Refusal{"REDIS_URL=http://localhost", "REDIS_URL (.env)"},
                            Refusal{"REDIS_URL=redis://", "REDIS_URL (.env): must be redis://"},
                            Refusal{"REDIS_URL=redis://:p[w@h", "REDIS_URL (.env): must be redis://"},
                            Refusal{"ALLOWED_HOSTS=me@x", "ALLOWED_HOSTS="},
                            Refusal{"ALLOWED_HOSTS=x:", "ALLOWED_HOSTS=\"x:\" (.env): must be names without a port"},
                            Refusal{"PUBLIC_URL=chat.example.com", "PUBLIC_URL (.env)"},
                            Refusal{"ALLOWED_HOSTS=https://x", "ALLOWED_HOSTS="},
                            Refusal{"ALLOWED_HOSTS=x:80", "ALLOWED_HOSTS="},
                            Refusal{"CORS_ALLOWED_ORIGINS=chat.example.com", "CORS_ALLOWED_ORIGINS="},
                            Refusal{"CORS_ALLOWED_ORIGINS=null", "CORS_ALLOWED_ORIGINS="},
                            Refusal{"CORS_ALLOWED_ORIGINS=file://", "CORS_ALLOWED_ORIGINS="},
                            Refusal{"CORS_ALLOWED_ORIGINS=capacitor://localhost/x", "CORS_ALLOWED_ORIGINS="},
                            Refusal{"CORS_ALLOWED_ORIGINS=1app://localhost", "CORS_ALLOWED_ORIGINS="},
                            Refusal{"CORS_ALLOWED_ORIGINS=app://localhost:x", "CORS_ALLOWED_ORIGINS="},
                            Refusal{"TRUSTED_PROXIES=proxy", "TRUSTED_PROXIES="},
                            Refusal{"TRUSTED_PROXIES=11", "TRUSTED_PROXIES="},
                            Refusal{"DEBUG_NETWORKS=10.0.0.0/33", "DEBUG_NETWORKS="},
                            Refusal{"RATE_RULES=send=fast", "RATE_RULES="},
                            Refusal{"RATE_RULES=otp_address=1/1", "RATE_RULES="},
                            Refusal{"AI_MODELS=claude:x", "AI_MODELS="},
                            Refusal{"AI_MODELS=demo,demo", "AI_MODELS="},
                            Refusal{"AI_MODELS=openai:", "AI_MODELS="},
                            Refusal{"AI_TITLE_MODEL=small", "AI_TITLE_MODEL="},
                            Refusal{"AI_MODEL_LABELS=Quick", "AI_MODEL_LABELS="},
                            Refusal{"AI_MODEL_LABELS=demo=", "AI_MODEL_LABELS="},
                            Refusal{"AI_MODEL_LABELS=demo=a;demo=b", "AI_MODEL_LABELS="},
                            Refusal{"CONTEXT_TOKENS=-1", "CONTEXT_TOKENS="},
                            Refusal{"QUEUE_MAX=1e9", "QUEUE_MAX="},
                            Refusal{"GEMINI_BASE_URL=ftp://x", "GEMINI_BASE_URL (.env)"},
                            Refusal{"GEMINI_BASE_URL=https://user:pw@x", "GEMINI_BASE_URL (.env)"},
                            Refusal{"GEMINI_BASE_URL=https://x/v1beta?key=y", "GEMINI_BASE_URL (.env): must be a URL like"},
                            Refusal{"GEMINI_BASE_URL=https://x/v1beta/models", "GEMINI_BASE_URL (.env): must end before \"/models\""},
                            Refusal{"GEMINI_BASE_URL=https://x/models", "GEMINI_BASE_URL (.env): must end before \"/models\""},
                            Refusal{"GEMINI_API_KEY='\"AIzaSyTest'", "GEMINI_API_KEY (.env): must not hold a quotation mark"},
                            Refusal{"DEFAULT_COUNTRY_CODE=US", "DEFAULT_COUNTRY_CODE="},
                            Refusal{"OTP_DELIVERY=pigeon", "OTP_DELIVERY="},
                            Refusal{"OTP_TEST_NUMBERS=123:456", "OTP_TEST_NUMBERS (.env)"},
                            Refusal{"ADMIN_MOBILE=4915112345678", "ADMIN_MOBILE="},
                            Refusal{"ADMIN_MOBILE=+0151 1234567", "ADMIN_MOBILE="},
                            Refusal{"OTP_TEST_NUMBERS=+11234567890:123456@2026-02-30", "OTP_TEST_NUMBERS (.env)"},
                            Refusal{"SMS_TEMPLATE=hello", "SMS_TEMPLATE="},
                            Refusal{"SMS_TEMPLATE={code} \u0434\u0430", "SMS_TEMPLATE="},
                            Refusal{"SMS_ORIGIN=https://chat.example.com", "SMS_ORIGIN="},
                            Refusal{"SMS_ORIGIN=chat.example.com:8000", "SMS_ORIGIN="},
                            Refusal{"SMS_ORIGIN=localhost", "SMS_ORIGIN="},
                            Refusal{"SMS_PER_BLOCK_HOUR=0", "SMS_PER_BLOCK_HOUR="},
                            Refusal{"SMS_PER_HOUR_MAX=7", "SMS_PER_HOUR_MAX="},
                            Refusal{"SMS_USED_PERCENT_MIN=101", "SMS_USED_PERCENT_MIN="},
                            Refusal{"SMS_JUDGED_FROM=0", "SMS_JUDGED_FROM="},
                            Refusal{"STRIPE_PRICE_ID=a b", "STRIPE_PRICE_ID (.env): must be ids"},
                            Refusal{"STRIPE_WEBHOOK_SECRET=price_123", "STRIPE_WEBHOOK_SECRET ("},
                            Refusal{"STRIPE_WEBHOOK_SECRET=whsec_", "STRIPE_WEBHOOK_SECRET ("},
                            Refusal{"STRIPE_WEBHOOK_SECRET=whsec_a,sk_live_b", "STRIPE_WEBHOOK_SECRET ("},
                            Refusal{"STRIPE_SECRET_KEY=pk_live_x", "STRIPE_SECRET_KEY ("},
                            Refusal{"STRIPE_PRICE_ID=prod_1", "STRIPE_PRICE_ID"},
                            Refusal{"STRIPE_PRICE_ID=price_1,whsec_x", "STRIPE_PRICE_ID"},
                            Refusal{"STRIPE_TRIAL_DAYS=-1", "STRIPE_TRIAL_DAYS="},
                            Refusal{"BILLING_GRACE_DAYS=365", "BILLING_GRACE_DAYS="}});

inline constexpr auto unsafe_values = std::to_array<Refusal>(
    {Refusal{"JWT_SIGNING_KEY=Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPa", "JWT_SIGNING_KEY: is SECRET_KEY itself"},
     Refusal{"JWT_SIGNING_KEY=Qm8rT4w-2Vx6ZnC1yL5pKb9FhJ3dSgAe\nJWT_PREVIOUS_KEY=Qm8rT4w-2Vx6ZnC1yL5pKb9FhJ3dSgAe",
             "JWT_PREVIOUS_KEY: is JWT_SIGNING_KEY itself"},
     Refusal{"PUBLIC_URL=http://chat.example.com", "PUBLIC_URL: is not https"},
     Refusal{"RENDER_EXTERNAL_URL=http://chat.example.com", "RENDER_EXTERNAL_URL: is not https"},
     Refusal{"DEBUG=True\nRENDER_EXTERNAL_URL=https://chat.onrender.com\nALLOWED_HOSTS=.onrender.com", "DEBUG: on a platform"},
     Refusal{"STRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nPUBLIC_URL=https://chat.example.com\n"
             "STRIPE_PUBLISHABLE_KEY=pk_test_x",
             "STRIPE_PUBLISHABLE_KEY: is of the other mode"},
     Refusal{"STRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nPUBLIC_URL=https://chat.example.com\n"
             "STRIPE_PUBLISHABLE_KEY=sk_live_x",
             "STRIPE_PUBLISHABLE_KEY: is no publishable key"},
     Refusal{"WORKERS=external", "WORKERS: external needs PostgreSQL"},
     Refusal{"DATA_DIR=/in/the/container", "DATA_DIR: is on the file system of a container"},
     Refusal{"DATABASE_URL=sqlite:////in/the/container/x.sqlite3", "DATABASE_URL: is on the file system of a container"},
     Refusal{"LISTEN=127.0.0.1:9464", "METRICS_LISTEN: is the port of LISTEN"},
     Refusal{"PORT=9464", "METRICS_LISTEN: is the port of LISTEN"},
     Refusal{"WORKER_METRICS_LISTEN=:8000", "WORKER_METRICS_LISTEN: is the port of LISTEN"},
     Refusal{"BRAND_LOGO_FILE=none.svg", "BRAND_LOGO_FILE: none.svg is no file that can be read"},
     Refusal{"BRAND_LOGO_FILE=/run/large", "BRAND_LOGO_FILE: /run/large is over 64 KiB"},
     Refusal{"BRAND_LOGO_FILE=/run/key", "BRAND_LOGO_FILE: /run/key is neither an SVG nor a PNG"},
     Refusal{"MIGRATE_ON_START=perhaps", "MIGRATE_ON_START="},
     Refusal{"SECRET_KEY=", "SECRET_KEY: is not set"},
     Refusal{"SECRET_KEY=your-production-secret-key", "SECRET_KEY: is not set"},
     Refusal{"SECRET_KEY=short", "SECRET_KEY: is shorter than 32 bytes"},
     Refusal{"SECRET_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "SECRET_KEY: has fewer than 8"},
     Refusal{"SECRET_KEY=django-insecure-0123456789abcdefghijklmn", "SECRET_KEY: looks like an example"},
     Refusal{"JWT_SIGNING_KEY=short", "JWT_SIGNING_KEY: is shorter"},
     Refusal{"JWT_PREVIOUS_KEY=short", "JWT_PREVIOUS_KEY: is shorter"},
     Refusal{"OTP_DELIVERY=response", "OTP_DELIVERY: response and console"},
     Refusal{"OTP_DELIVERY=console", "OTP_DELIVERY: response and console"},
     Refusal{"OTP_DELIVERY=twilio", "OTP_DELIVERY: twilio needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and"},
     Refusal{"OTP_DELIVERY=webhook", "OTP_DELIVERY: webhook needs SMS_WEBHOOK_URL"},
     Refusal{"TWILIO_ACCOUNT_SID=AC1\nTWILIO_AUTH_TOKEN=x\nPUBLIC_URL=https://localhost", "OTP_DELIVERY: twilio needs"},
     Refusal{"TWILIO_ACCOUNT_SID=AC1\nTWILIO_AUTH_TOKEN=x\nTWILIO_FROM=+15005550006", "PUBLIC_URL: is needed with"},
     Refusal{"TWILIO_ACCOUNT_SID=AC1\nTWILIO_AUTH_TOKEN=x\nTWILIO_FROM=+15005550006\nPUBLIC_URL=http://localhost",
             "PUBLIC_URL: begins with http, and Twilio reports to https only"},
     Refusal{"TWILIO_API_KEY_SID=SK1", "TWILIO_API_KEY_SID: goes with TWILIO_API_KEY_SECRET"},
     Refusal{"SMS_WEBHOOK_URL=https://sms.example.com\nSMS_WEBHOOK_SECRET=x\nSMS_ORIGIN=chat.example.com\nSMS_TEMPLATE="
             "{code} is the code that you asked us for, and that nobody else may know, not even we who write to you: so tell "
             "it to nobody, truly so.",
             "SMS_TEMPLATE: with the line @chat.example.com #123456 it is 161 characters long, and one SMS holds 160"},
     Refusal{"CORS_ALLOW_ALL_ORIGINS=True\nCORS_ALLOW_CREDENTIALS=True", "CORS_ALLOW_CREDENTIALS: with every origin"},
     Refusal{"CORS_ALLOWED_ORIGINS=*\nCORS_ALLOW_CREDENTIALS=True", "CORS_ALLOW_CREDENTIALS: with every origin"},
     Refusal{"OTP_TEST_NUMBERS=+11234567890:123456", "OTP_TEST_NUMBERS: the number that ends in 90 needs a last day"},
     Refusal{"OTP_TEST_NUMBERS=+11234567890:123456@2027-02-21", "OTP_TEST_NUMBERS: the number that ends in 90 may be valid"},
     Refusal{"STRIPE_SECRET_KEY=sk_live_x\nPUBLIC_URL=https://chat.example.com", "STRIPE_WEBHOOK_SECRET: is needed"},
     Refusal{"STRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=whsec_x", "PUBLIC_URL: is needed"},
     Refusal{"STRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nPUBLIC_URL=https://www.example.com",
             "PUBLIC_URL: its host www.example.com is not in ALLOWED_HOSTS"},
     Refusal{"STRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nRENDER_EXTERNAL_URL=https://chat.onrender.com",
             "RENDER_EXTERNAL_URL: its host chat.onrender.com is not in ALLOWED_HOSTS"},
     Refusal{"GEMINI_API_KEY=", "GEMINI_API_KEY: no model is configured"},
     Refusal{"GEMINI_API_KEY=\nAI_MODELS=gemini:x", "GEMINI_API_KEY: is needed for gemini:x"},
     Refusal{"AI_MODELS=openai:x", "AI_BASE_URL: is needed for openai:x"},
     Refusal{"GEMINI_API_KEY=\nAI_BASE_URL=http://ollama:11434/v1", "AI_MODELS: name a model of the server"},
     Refusal{"AI_MODELS=openai:x\nAI_BASE_URL=http://o/v1\nAI_API_KEY=k", "AI_BASE_URL: would send a key in clear"},
     Refusal{"AI_TITLE_MODEL=openai:x", "AI_BASE_URL: is needed for openai:x in AI_TITLE_MODEL"},
     Refusal{"RATE_LIMITS=off", "RATE_LIMITS: may be off in debug only"},
     Refusal{"TRUSTED_PROXIES=0.0.0.0/0", "TRUSTED_PROXIES: trusts a good part"},
     Refusal{"TRUSTED_PROXIES=0.0.0.0/1,128.0.0.0/1", "TRUSTED_PROXIES: trusts a good part"},
     Refusal{"TRUSTED_PROXIES=128.0.0.0/2", "TRUSTED_PROXIES: trusts a good part"},
     Refusal{"TRUSTED_PROXIES=::/1,8000::/1", "TRUSTED_PROXIES: trusts a good part"},
     Refusal{"TRUSTED_PROXIES=::ffff:0:0/96", "TRUSTED_PROXIES: trusts a good part"},
     Refusal{"TRUSTED_PROXIES=2000::/3", "TRUSTED_PROXIES: trusts a good part"},
     Refusal{"GEMINI_BASE_URL=http://gemini.example.com", "GEMINI_BASE_URL: would send a key in clear"},
     Refusal{"DATABASE_URL=sqlite:///x?synchronous=off", "DATABASE_URL (.env): takes no options"},
     Refusal{"SMS_WEBHOOK_URL=https://sms.example.com", "SMS_WEBHOOK_SECRET: is needed"},
     Refusal{"REFRESH_TOKEN_DAYS=2", "REFRESH_IDLE_DAYS: is longer"}});

// What the original's README has people set on their platform, as it stands there, on a disk that is gone with the container.
inline constexpr std::string_view originals_environment =
    "SECRET_KEY=your-production-secret-key\nDEBUG=False\nALLOWED_HOSTS=your-app-name.onrender.com\n"
    "GEMINI_API_KEY=your-gemini-api-key\nSTRIPE_PUBLISHABLE_KEY=your-stripe-publishable-key\n"
    "STRIPE_SECRET_KEY=your-stripe-secret-key\nSTRIPE_WEBHOOK_SECRET=your-stripe-webhook-secret\n"
    "REDIS_URL=your-redis-url\nCELERY_BROKER_URL=your-redis-url\n"
    "CELERY_RESULT_BACKEND=your-redis-url\nCORS_ALLOW_ALL_ORIGINS=True\n"
    "DATA_DIR=/in/the/container\n";

} // namespace pollux::config::test
