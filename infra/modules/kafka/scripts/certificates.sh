#!/bin/sh
# Runs in the Kafka image (it has keytool). Usage: certificates.sh ca DIR | broker DIR HOST
# Password of the stores: environment variable STORE_PASSWORD.
set -eu
dir="$2"

case "$1" in
ca)
  # Ten years: replacing it means restarting every client (README, Renew certificates and passwords).
  keytool -genkeypair -alias ca -dname 'CN=coincap-kafka-ca' -keyalg EC -groupname secp384r1 \
    -validity 3650 -ext bc:critical=ca:true -ext ku:critical=keyCertSign,cRLSign \
    -storetype PKCS12 -keystore "$dir/ca.p12" -storepass:env STORE_PASSWORD
  keytool -exportcert -rfc -alias ca -keystore "$dir/ca.p12" -storepass:env STORE_PASSWORD \
    -file "$dir/ca.pem"
  ;;
broker)
  host="$3"
  rm -f "$dir/broker.p12"
  keytool -genkeypair -alias broker -dname 'CN=kafka-broker' -keyalg EC -groupname secp384r1 \
    -validity 3650 -storetype PKCS12 -keystore "$dir/broker.p12" -storepass:env STORE_PASSWORD
  keytool -certreq -alias broker -keystore "$dir/broker.p12" -storepass:env STORE_PASSWORD \
    -file "$dir/broker.csr"
  keytool -gencert -rfc -alias ca -keystore "$dir/ca.p12" -storepass:env STORE_PASSWORD \
    -infile "$dir/broker.csr" -outfile "$dir/broker.pem" -validity 825 \
    -ext "san=dns:$host" -ext eku=serverAuth,clientAuth
  cat "$dir/broker.pem" "$dir/ca.pem" >"$dir/chain.pem"
  keytool -importcert -noprompt -trustcacerts -alias root -file "$dir/ca.pem" \
    -keystore "$dir/broker.p12" -storepass:env STORE_PASSWORD
  keytool -importcert -noprompt -alias broker -file "$dir/chain.pem" \
    -keystore "$dir/broker.p12" -storepass:env STORE_PASSWORD
  ;;
*)
  echo "certificates.sh: unknown command $1; use ca or broker" >&2
  exit 2
  ;;
esac
