"""What the verdicts of each check depend on, by the specification; written down apart from the code, and held against it by mutation.

A glob is over the kind of what is mutated: `aws_s3_bucket` is the resource as a whole, `aws_s3_bucket.versioning.0.enabled` an argument,
`data.aws_iam_policy_document.*` all arguments of a data source, `output` an output of the root module, `module.output` one of another
module and `call` an argument of a module's call. What no glob fits changes no verdict of the check.
"""

# A bucket may be named by way of a resource or an output that names it.
_BUCKETS_NAME = ("aws_s3_bucket", "aws_s3_bucket.bucket", "aws_s3_bucket.bucket_prefix")
_BY_WAY_OF = ("aws_s3_bucket_policy", "aws_s3_bucket_policy.bucket", "module.output", "call")
# A log bucket is one that something writes logs to, or whose name or tags say so.
_LOG_BUCKET = (*_BUCKETS_NAME, "aws_s3_bucket.tags", "aws_cloudtrail", "aws_cloudtrail.s3_bucket_name", "aws_s3_bucket_logging*")
# What writes to it, whether that is on, and beneath which keys.
_LOG_WRITERS = (
    "aws_cloudtrail.s3_key_prefix",
    "terraform_data",  # which a prefix draws on
    "aws_flow_log",
    "aws_flow_log.log_destination",
    "aws_cloudfront_distribution.logging_config.0.prefix",
    "aws_lb",
    "aws_elb.access_logs.0.enabled",
    "aws_msk_cluster.logging_info.0.broker_logs.0.s3.0.enabled",
    "aws_codebuild_project.logs_config.0.s3_logs.0.status",
)
_RANDOM = ("random_id", "random_integer", "random_pet", "random_string", "random_uuid")
_VERSIONED = ("aws_s3_bucket_versioning*", "aws_s3_bucket.versioning*")
_TRUST_POLICY = ("aws_iam_role.assume_role_policy*", "data.aws_iam_policy_document*")

DEPENDS: dict[str, tuple[str, ...]] = {
    "CKV_PLAN_1": (
        *_LOG_BUCKET,
        *_BY_WAY_OF,
        *_VERSIONED,
        "aws_s3_bucket.lifecycle_rule*",
        "aws_s3_bucket_lifecycle_configuration*",
        *_LOG_WRITERS,
    ),
    # Without them a statement names nobody, and IAM refuses the policy.
    "CKV_PLAN_2": (*_TRUST_POLICY, "aws_iam_openid_connect_provider", "aws_iam_user"),
    "CKV_PLAN_3": ("aws_iam_role", "aws_kms_key", "aws_s3_bucket", "aws_sns_topic", "output", "module.output", "call"),
    "CKV_PLAN_4": (
        *_BUCKETS_NAME,
        "module.output",
        "call",
        *_RANDOM,
        "data.aws_caller_identity",
        "aws_organizations_account",
        "aws_route53_record",  # of a host
        "aws_route53_record.name",
        "aws_s3_bucket_website_configuration*",
    ),
    "CKV_PLAN_5": (
        *_BUCKETS_NAME,
        *_BY_WAY_OF,
        *_VERSIONED,
        "aws_s3_bucket.object_lock_enabled",
        "aws_s3_bucket_website_configuration*",  # one that only redirects holds nothing
        "aws_backup_selection*",
        "aws_dlm_lifecycle_policy*",
        "aws_ebs_volume.tags*",
        "aws_efs_file_system.tags*",
        "aws_dynamodb_table.hash_key",  # Terraform's lock table
        "aws_dynamodb_table.replica*",
        "aws_dynamodb_table",
        "aws_ecr_repository_creation_template.applied_for*",
        "aws_ecr_repository_creation_template.image_tag_mutability",
        "aws_s3_bucket_lifecycle_configuration*",  # buckets whose objects all expire soon
        "*.deletion_protection_enabled",
        "aws_kinesis_stream.retention_period",
        "aws_lightsail_database.backup_retention_enabled",
        "aws_lightsail_instance.add_on.0",
        "aws_lightsail_instance.add_on.0.status",
        "aws_fsx_lustre_file_system",
        "aws_fsx_lustre_file_system.import_path",
        "aws_fsx_data_repository_association*",
        "aws_fsx_ontap_volume.snaplock_configuration*",
        "aws_fsx_ontap_volume.bypass_snaplock_enterprise_retention",
        "aws_fsx_windows_file_system",
        "aws_s3_bucket_logging*",
        "aws_lb.access_logs*",
        "aws_s3_bucket_inventory",  # what writes what can be made again
        "aws_s3_bucket_inventory.destination.0",
        "aws_s3_bucket_inventory.destination.0.bucket.0",
        "*.bucket_arn",
        "aws_athena_workgroup",
        "aws_athena_workgroup.configuration.0",
        "aws_athena_workgroup.configuration.0.result_configuration.0",
        "*.output_location",
        "aws_cloudtrail.enable_log_file_validation",
        "aws_kms_key.enable_key_rotation",
        "aws_kms_key.custom*",  # the key spec, the key store: which keys can rotate
        "aws_lambda_function.publish",
        "aws_ecr_repository.image_tag_mutability",
        "aws_db_instance",
        "*.replicate_source_db",  # a replica has no backups of its own
        "*.point_in_time_recovery*",
        "*.deletion_protection",
        "*.backup_retention_period",
        "*.automatic_backup_retention_days",
        "*.automated_snapshot_retention_period",
        "*.snapshot_retention_limit",
        "aws_elasticache_cluster.engine",
        "aws_opensearch_domain.engine_version",
        "aws_elasticsearch_domain.elasticsearch_version",
        "aws_fsx_lustre_file_system.deployment_type",
        "aws_efs_file_system",
        "aws_efs_file_system.availability_zone_name",
        "aws_efs_backup_policy*",
        "aws_backup_vault*",
        "aws_glacier_vault*",
    ),
    "CKV_PLAN_6": (
        *_LOG_BUCKET,
        "module.output",
        "call",
        "aws_cloudtrail.enable_logging",
        "aws_cloudtrail.event_selector*",
        "aws_cloudtrail.advanced_event_selector*",
        "aws_cloudtrail.is_multi_region_trail",
        "aws_cloudtrail.cloud_watch_logs_*",
        "aws_iam_role",  # by which the trail delivers
        "aws_cloudwatch_log_group",
        "aws_cloudwatch_log_group.name",
        "aws_cloudwatch_log_metric_filter*",
        "aws_cloudwatch_metric_alarm*",
        "aws_cloudwatch_composite_alarm*",
        "aws_cloudwatch_event_rule*",
        "aws_cloudwatch_event_target*",
        "aws_sns_topic",
        "aws_sns_topic.name",
        "aws_sns_topic.kms_master_key_id",
        "aws_sns_topic_policy*",
        "aws_sns_topic_subscription*",
        "aws_kms_key",
        "aws_kms_key.policy*",
        "aws_kms_key_policy*",
        "aws_kms_alias*",
        "data.aws_iam_policy_document*",
        # Other ways to reach somebody.
        "aws_chatbot_slack_channel_configuration",
        "aws_chatbot_teams_channel_configuration",
        "aws_chatbot_*.sns_topic_arns",
        "aws_lambda_function",
        "aws_lambda_function.function_name",
        "aws_lambda_alias",
        "aws_lambda_alias.function_name",
        "aws_lambda_alias.name",
        "aws_lambda_permission*",
        "aws_ssmincidents_response_plan",
        "aws_guardduty_detector*",
    ),
    "CKV_PLAN_7": (
        "*.name",
        "*.name_prefix",
        "*.alarm_name",
        "aws_s3_bucket.bucket*",
        "aws_iam_role",
        "aws_s3_bucket",
        *_RANDOM,
        "random_*.prefix",
    ),
    # The guard, and what gates the resource or a module around it: the environment, through locals, variables and arguments.
    "CKV_PLAN_8": (
        "source resource.lifecycle.*",
        "source resource.count",
        "source resource.for_each",
        "source module.*",
        "source locals.*",
        "source variable.default",
    ),
    "CKV_PLAN_9": (
        "source file",
        "source assertion",
        "source run",
        "source run.command",
        "source run.assert*",
        "source run.expect*",
    ),
    # What other resources of a provider carry tells its default tags.
    "CKV_PLAN_10": ("*.tags", "*.tag_specifications*", "aws_sqs_queue", *_RANDOM),
    "CKV_PLAN_11": (*_TRUST_POLICY, "aws_iam_role", "aws_iam_user"),
    "CKV_PLAN_13": (
        "aws_cloudwatch_metric_alarm",
        "aws_cloudwatch_metric_alarm.metric_name",
        "aws_cloudwatch_metric_alarm.namespace",
        "aws_cloudwatch_metric_alarm.dimensions*",
        "aws_cloudwatch_metric_alarm.unit",
        "aws_cloudwatch_metric_alarm.metric_query*",
        "aws_cloudwatch_log_metric_filter",
        "aws_cloudwatch_log_metric_filter.metric_transformation*",
    ),
    "CKV_PLAN_12": (
        "aws_cloudwatch_log_group",
        "aws_cloudwatch_log_group.name*",
        "aws_cloudwatch_log_group.retention_in_days",
        "aws_cloudwatch_log_group.log_group_class",
        "aws_lambda_function",
        "aws_lambda_function.function_name",
        "aws_lambda_function.logging_config*",
    ),
    "CKV_PLAN_15": (*_LOG_BUCKET, "aws_s3_bucket.force_destroy"),
    # A twin of the same name is what a resource that moves, or a reference that is turned to a sibling, comes with.
    "CKV_PLAN_14": ("*",),
}
