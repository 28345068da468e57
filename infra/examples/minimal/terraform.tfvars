# All that must be given; the key comes as TF_VAR_coincap_api_key. Profile standard, free key.
project_id = "my-coincap-project"
region     = "europe-west1"
